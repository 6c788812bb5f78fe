with

products as (

    select * from {{ ref('int_products') }}

),

customers as (

    select * from {{ ref('int_customers_screened') }}

    where row_status = 'kept'

),

state_regions as (

    select * from {{ ref('state_regions') }}

),

state_words as (
    {{ state_words('state_regions') }}
),

values_reread as (

    select * from {{ ref('int_values_reread') }}

),

product_repairs as (

    select
        'products' as dataset,
        'product_id' as column_name,
        product_id as row_id,
        cast(listed_product_id as string) as raw_value,
        cast(product_id as string) as new_value,
        'Misnumbered product given its own id, from the seed of known corrections'
            as repair

    from products

    where product_id <> listed_product_id

    union all

    select
        'products' as dataset,
        'product_name' as column_name,
        product_id as row_id,
        listed_name as raw_value,
        product_name as new_value,
        case
            when is_product_name_imputed then 'Missing or broken name replaced'
            else 'HTML entities decoded, backslashes and runs of blanks removed'
        end as repair

    from products

    where
        is_product_name_imputed
        or product_name <> listed_name

    union all

    select
        'products' as dataset,
        'prices' as column_name,
        product_id as row_id,
        price_text as raw_value,
        cast(price as string) as new_value,
        'Missing, mistyped or impossible price replaced by a median' as repair

    from products

    where is_price_imputed

    union all

    select
        'products' as dataset,
        'prices' as column_name,
        product_id as row_id,
        price_text as raw_value,
        cast(price as string) as new_value,
        'Price rounded to cents' as repair

    from products

    where listed_price <> unrounded_price

),

words as (

    select
        'gender' as column_name,
        customer_id as row_id,
        gender as raw_value,
        {{ usual_gender('gender') }} as new_value

    from customers

    union all

    select
        'fam_status' as column_name,
        customer_id as row_id,
        family_status as raw_value,
        {{ usual_family_status('family_status') }} as new_value

    from customers

    union all

    select
        'state' as column_name,
        customers.customer_id as row_id,
        customers.state as raw_value,
        state_words.state as new_value

    from customers

    inner join state_words
        on {{ state_word('customers.state') }} = state_words.word

),

-- What is done to a whole column is listed once, at its first value; what is done to a word,
-- once for the word.
column_repairs as (

    select
        dataset,
        column_name,
        row_id,
        raw_value,
        new_value,
        repair,
        case when is_listed_each then cast(row_id as string) else '' end as listed_for

    from values_reread

    union all

    select
        'customers' as dataset,
        column_name,
        row_id,
        raw_value,
        new_value,
        'Word given its usual form' as repair,
        raw_value as listed_for

    from words

    where raw_value <> new_value

),

numbered as (

    select
        *,
        cast(
            row_number() over (
                partition by dataset, column_name, repair, listed_for
                order by row_id asc, raw_value asc nulls last, new_value asc nulls last
            )
            as bigint
        ) as value_number,
        count(*) over (
            partition by dataset, column_name, repair, listed_for
        ) as value_count

    from column_repairs

),

repaired as (

    select
        dataset,
        column_name,
        row_id,
        raw_value,
        new_value,
        repair,
        cast(1 as bigint) as value_count

    from product_repairs

    union all

    select
        dataset,
        column_name,
        row_id,
        raw_value,
        new_value,
        repair,
        cast(value_count as bigint) as value_count

    from numbered

    where value_number = 1

)

select * from repaired
