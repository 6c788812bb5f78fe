with

checks as (

    select * from {{ ref('column_checks') }}

),

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

),

values_reread as (

    select * from {{ ref('int_values_reread') }}

),

prices as (

    select * from {{ ref('int_price_availability') }}

),

customers as (

    select * from {{ ref('int_customers_screened') }}

    where row_status = 'kept'

),

orders as (

    select * from {{ ref('int_orders') }}

),

products as (

    select * from {{ ref('int_products') }}

),

aisles as (

    select * from {{ ref('int_aisles') }}

),

departments as (

    select * from {{ ref('int_departments') }}

),

state_regions as (

    select * from {{ ref('state_regions') }}

),

state_words as (
    {{ state_words('state_regions') }}
),

baskets as (

    select * from {{ ref('int_baskets_aggregated') }}

),

files as (

    select * from {{ ref('stg_instacart__files') }}

),

-- A rejected row is counted at its first problem, which its reason names.
rejections as (

    select
        dataset,
        case
            when reason = 'unknown order' then 'order_id'
            when reason = 'unknown product' then 'product_id'
            when reason like '% appears in another row %'
                then split_part(reason, ' appears in ', 1)
            when reason like '% is %' then split_part(reason, ' is ', 1)
            else '(whole row)'
        end as column_name,
        case
            when reason in ('unknown order', 'unknown product') then 'referential'
            when reason like '% appears in another row %' then 'duplicates'
            when reason like '% is missing' then 'missing values'
            when reason like '% is below %' or reason like '% is above %'
                then 'out of range'
            else 'mistyped'
        end as check_name,
        1 as row_count

    from rejected_rows

),

product_problems as (

    select
        'products' as dataset,
        'product_name' as column_name,
        case
            when {{ to_text('listed_name') }} is null then 'missing values'
            else 'mistyped'
        end as check_name,
        1 as row_count

    from products

    where is_product_name_imputed

    union all

    select
        'products' as dataset,
        'prices' as column_name,
        case
            when {{ to_text('price_text') }} is null then 'missing values'
            when unrounded_price is null then 'mistyped'
            else 'out of range'
        end as check_name,
        1 as row_count

    from products

    where listed_price is null

    union all

    select
        'products' as dataset,
        'product_id' as column_name,
        'referential' as check_name,
        1 as row_count

    from products

    where product_id <> listed_product_id

    union all

    select
        'products' as dataset,
        'aisle_id' as column_name,
        'referential' as check_name,
        1 as row_count

    from products

    inner join aisles
        on products.aisle_id = aisles.aisle_id

    where not aisles.is_listed

    union all

    select
        'products' as dataset,
        'department_id' as column_name,
        'referential' as check_name,
        1 as row_count

    from products

    inner join departments
        on products.department_id = departments.department_id

    where not departments.is_listed

),

customer_count as (

    select count(*) as row_count from customers

),

order_problems as (

    select
        'orders' as dataset,
        'days_since_prior_order' as column_name,
        'missing values' as check_name,
        count(*) as row_count

    from orders

    where
        not is_first_order
        and days_since_prior_order is null

    union all

    select
        dataset,
        column_name,
        'out of range' as check_name,
        count(*) as row_count

    from values_reread

    where is_listed_each

    group by
        dataset,
        column_name

    union all

    -- Without customers.csv no order has a customer to refer to, and nothing is counted.
    select
        'orders' as dataset,
        'user_id' as column_name,
        'referential' as check_name,
        count(*) as row_count

    from orders

    left join customers
        on orders.customer_id = customers.customer_id

    cross join customer_count

    where
        customers.customer_id is null
        and customer_count.row_count > 0

),

customer_problems as (

    {% for column, expression in {
        'age': 'age',
        'date_joined': 'date_joined',
        'fam_status': 'family_status',
        'gender': 'gender',
        'income': 'income',
        'n_dependants': 'dependants_count',
        'state': 'state',
    }.items() -%}
    select
        'customers' as dataset,
        '{{ column }}' as column_name,
        'missing values' as check_name,
        count(*) as row_count

    from customers

    where {{ expression }} is null

    union all

    {% endfor -%}

    select
        'customers' as dataset,
        'first_name' as column_name,
        'missing values' as check_name,
        count(*) as row_count

    from customers

    where is_first_name_missing

    union all

    select
        'customers' as dataset,
        'state' as column_name,
        'referential' as check_name,
        count(*) as row_count

    from customers

    left join state_words
        on {{ state_word('customers.state') }} = state_words.word

    where
        customers.state is not null
        and state_words.state is null

    union all

    select
        'customers' as dataset,
        'fam_status' as column_name,
        'mistyped' as check_name,
        count(*) as row_count

    from customers

    where
        family_status is not null
        and {{ usual_family_status('family_status') }} is null

),

copies as (

    select
        dataset,
        '(whole row)' as column_name,
        'duplicates' as check_name,
        duplicates_removed as row_count

    from file_row_counts

),

order_numbers as (

    select
        customer_id,
        order_number

    from orders

    group by
        customer_id,
        order_number

),

missing_order_numbers as (

    select max(order_number) - count(*) as row_count

    from order_numbers

    group by customer_id

),

-- What was cut off can't be listed, only counted.
gaps as (

    select
        'orders' as dataset,
        'order_id' as column_name,
        'completeness' as check_name,
        count(*) as row_count

    from orders

    left join baskets
        on orders.order_id = baskets.order_id

    where
        {{ expects_products('orders') }}
        and baskets.order_id is null

    union all

    select
        'orders' as dataset,
        'order_number' as column_name,
        'completeness' as check_name,
        sum(row_count) as row_count

    from missing_order_numbers

    union all

    select
        file_row_counts.dataset,
        '(whole row)' as column_name,
        'completeness' as check_name,
        count(*) as row_count

    from file_row_counts

    inner join files
        on
            file_row_counts.dataset = files.dataset
            and file_row_counts.source_file = files.source_file

    where
        files.is_cut_short
        or {{ fills_a_spreadsheet('file_row_counts.rows_read') }}

    group by file_row_counts.dataset

),

problems as (

    select * from rejections

    union all

    select * from product_problems

    union all

    select * from order_problems

    union all

    select * from customer_problems

    union all

    select * from copies

    union all

    select * from gaps

),

counted as (

    select
        dataset,
        column_name,
        check_name,
        sum(row_count) as row_count

    from problems

    group by
        dataset,
        column_name,
        check_name

),

rows_read as (

    select
        dataset,
        sum(rows_read) as rows_read

    from file_row_counts

    group by dataset

),

-- Checks that found nothing are listed with 0. A full join, so that a problem missing from
-- the list doesn't vanish: it has no treatment then, and a test fails.
listed as (

    select
        coalesce(checks.dataset, counted.dataset) as dataset,
        coalesce(checks.column_name, counted.column_name) as column_name,
        coalesce(checks.check_name, counted.check_name) as check_name,
        coalesce(counted.row_count, 0) as row_count,
        checks.treatment,
        checks.is_value_lost

    from checks

    full outer join counted
        on
            checks.dataset = counted.dataset
            and checks.column_name = counted.column_name
            and checks.check_name = counted.check_name

    where
        checks.dataset is not null
        or counted.row_count > 0

),

-- There is no median of prices where no product has one.
described as (

    select
        listed.dataset,
        listed.column_name,
        listed.check_name,
        cast(listed.row_count as bigint) as row_count,
        cast(coalesce(rows_read.rows_read, 0) as bigint) as rows_read,
        case
            when listed.column_name = 'prices' and not prices.has_prices
                then 'kept as null: no product has a valid price'
            else listed.treatment
        end as treatment,
        listed.is_value_lost
        and not (
            listed.column_name = 'prices'
            and listed.check_name = 'missing values'
            and not prices.has_prices
        ) as is_value_lost

    from listed

    left join rows_read
        on listed.dataset = rows_read.dataset

    cross join prices

)

select * from described
